import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { apiError } from './api-error.ts';
import type { CompleteUploadRequest, CreateUploadRequest } from './api-objects.ts';
import type { ServerProfile } from './server-profile.ts';

const nonEmpty = { type: 'string', minLength: 1 };

const createUploadSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['filename', 'purpose', 'bytes', 'mime_type'],
  properties: {
    filename: nonEmpty,
    purpose: {
      type: 'string',
      enum: ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'],
    },
    bytes: { type: 'integer', minimum: 1 },
    mime_type: nonEmpty,
    expires_after: {
      type: 'object',
      additionalProperties: false,
      required: ['anchor', 'seconds'],
      properties: {
        anchor: { type: 'string', enum: ['created_at'] },
        seconds: { type: 'integer', minimum: 3600, maximum: 2_592_000 },
      },
    },
  },
};

const completeUploadSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['part_ids'],
  properties: {
    part_ids: { type: 'array', minItems: 1, items: { type: 'string' } },
    md5: { type: 'string' },
  },
};

const ajv = new Ajv();
const isCreateUpload = ajv.compile<CreateUploadRequest>(createUploadSchema);
const isCompleteUpload = ajv.compile<CompleteUploadRequest>(completeUploadSchema);

export function parseCreateUpload(value: unknown, { maxUploadBytes }: ServerProfile): CreateUploadRequest {
  const request = parse(isCreateUpload, value);
  if (request.bytes <= maxUploadBytes) return request;
  throw apiError(400, `'bytes' must be <= ${maxUploadBytes}.`, { param: 'bytes', code: 'invalid_value' });
}

export function parseCompleteUpload(value: unknown, { takesMd5 }: ServerProfile): CompleteUploadRequest {
  const request = parse(isCompleteUpload, value);
  if (takesMd5 || request.md5 === undefined) return request;
  throw apiError(400, "'md5' is not a parameter of this call.", { param: 'md5', code: 'unknown_parameter' });
}

function parse<Request>(validate: ValidateFunction<Request>, value: unknown): Request {
  if (validate(value)) return value;
  throw refusal(validate.errors?.[0]);
}

function refusal(error: ErrorObject | undefined) {
  const path = (error?.instancePath ?? '').split('/').filter(Boolean);
  const name = (...more: readonly unknown[]) => [...path, ...more.map(String)].join('.');
  const params: Readonly<Record<string, unknown>> = error?.params ?? {};
  switch (error?.keyword) {
    case 'additionalProperties': {
      const param = name(params.additionalProperty);
      return apiError(400, `'${param}' is not a parameter of this call.`, {
        param,
        code: 'unknown_parameter',
      });
    }
    case 'required': {
      const param = name(params.missingProperty);
      return apiError(400, `'${param}' is missing.`, { param, code: 'missing_required_parameter' });
    }
    case 'type':
      return apiError(400, `'${name() || 'The body'}' ${error.message}.`, {
        param: name() || null,
        code: 'invalid_type',
      });
    default: {
      const choices = Array.isArray(params.allowedValues) ? `: ${params.allowedValues.join(', ')}` : '';
      return apiError(400, `'${name()}' ${error?.message}${choices}.`, {
        param: name(),
        code: 'invalid_value',
      });
    }
  }
}
