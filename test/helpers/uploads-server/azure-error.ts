/** Azure's codes for what OpenAI says with type and code. */
const CODES: Readonly<Record<number, string>> = {
  400: 'invalidPayload',
  401: '401',
  404: '404',
  409: 'conflict',
  429: 'tooManyRequests',
  503: 'serviceUnavailable',
};

/**
 * Changes an error of OpenAI's shape to that of Azure, which has no `type` and no `param`. Anything
 * else stays as it is.
 */
export function azureError(status: number, body: unknown): unknown {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  if (typeof error !== 'object' || error === null || !('message' in error)) return body;
  const { message, param = null, code = null } = error as Readonly<Record<string, unknown>>;
  return {
    error: {
      code: CODES[status] ?? (status >= 500 ? 'internalFailure' : 'invalidPayload'),
      message,
      target: param,
      details: [],
      ...(code === null ? {} : { innererror: { code: 'invalidPayload', innererror: { code } } }),
    },
  };
}
