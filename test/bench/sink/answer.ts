export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export function refusal(status: number, message: string): Answer {
  return { status, body: { error: { message, type: 'invalid_request_error', param: null, code: null } } };
}
