import type { UploadsServer } from '../../helpers/uploads-server/uploads-server.ts';

/** What another client does with the same server. */
export async function uploadFile(
  server: UploadsServer,
  { content, ...file }: { readonly filename: string; readonly purpose: string; readonly content: Uint8Array },
): Promise<void> {
  const { id } = await post(server, '/uploads', {
    ...file,
    bytes: content.length,
    mime_type: 'application/octet-stream',
  });
  const part = new FormData();
  part.set('data', new Blob([new Uint8Array(content)], { type: 'application/octet-stream' }), 'part');
  const { id: partId } = await post(server, `/uploads/${id}/parts`, part);
  await completeUpload(server, id, [partId]);
}

export async function completeUpload(
  server: UploadsServer,
  uploadId: string,
  partIds: readonly string[],
): Promise<void> {
  await post(server, `/uploads/${uploadId}/complete`, { part_ids: partIds });
}

export async function cancelUpload(server: UploadsServer, uploadId: string): Promise<void> {
  await post(server, `/uploads/${uploadId}/cancel`);
}

async function post(server: UploadsServer, path: string, body?: object): Promise<{ readonly id: string }> {
  const isJson = body !== undefined && !(body instanceof FormData);
  const url = new URL(server.baseUrl);
  url.pathname += path;
  const { keyHeader } = server.profile;
  const isBearer = keyHeader === 'authorization';
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      [keyHeader]: isBearer ? `Bearer ${server.apiKey}` : server.apiKey,
      ...(isJson && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: isJson ? JSON.stringify(body) : (body as FormData) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { readonly id: string };
}
