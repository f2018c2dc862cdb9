import type { Answer } from './answer.ts';

interface ErrorFacts {
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiError extends Error {
  readonly name: 'ApiError';
  readonly answer: Answer;
}

/** A refusal in OpenAI's shape. Routes throw it, and handleRequest sends it. */
export function apiError(status: number, message: string, facts: ErrorFacts = {}): ApiError {
  const answer: Answer = {
    kind: 'json',
    status,
    headers: facts.headers ?? {},
    json: errorBody(status, message, facts),
  };
  return Object.assign(new Error(message), { name: 'ApiError' as const, answer });
}

export function errorBody(status: number, message: string, facts: ErrorFacts = {}) {
  return {
    error: {
      message,
      type: facts.type ?? typeOf(status),
      param: facts.param ?? null,
      code: facts.code ?? null,
    },
  };
}

export function isApiError(error: unknown): error is ApiError {
  return error instanceof Error && error.name === 'ApiError' && 'answer' in error;
}

function typeOf(status: number): string {
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
