/** The profile that is asked for, if one is. A flag that is there but empty is as good as none. */
export function profileAsked(flag: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  return flag || env.OPENAI_UPLOAD_PROFILE || undefined;
}
