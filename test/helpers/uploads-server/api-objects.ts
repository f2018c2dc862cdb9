/** The calls that faults and the log tell apart. */
export type CallName =
  | 'create'
  | 'part'
  | 'complete'
  | 'cancel'
  | 'listFiles'
  | 'getFile'
  | 'fileContent'
  | 'listModels';

export type UploadStatus = 'pending' | 'completed' | 'cancelled' | 'expired';

export interface FileObject {
  readonly id: string;
  readonly object: 'file';
  readonly bytes: number;
  readonly created_at: number;
  readonly expires_at?: number;
  readonly filename: string;
  readonly purpose: string;
  readonly status: 'processed';
}

export interface UploadObject {
  readonly id: string;
  readonly object: 'upload';
  readonly bytes: number;
  readonly created_at: number;
  readonly expires_at: number;
  readonly filename: string;
  readonly purpose: string;
  readonly status: UploadStatus;
  readonly file: FileObject | null;
}

export interface UploadPartObject {
  readonly id: string;
  readonly object: 'upload.part';
  readonly created_at: number;
  readonly upload_id: string;
}

export interface CreateUploadRequest {
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly mime_type: string;
  readonly expires_after?: { readonly anchor: 'created_at'; readonly seconds: number };
}

export interface CompleteUploadRequest {
  readonly part_ids: readonly string[];
  readonly md5?: string;
}
