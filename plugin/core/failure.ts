import { errorMessage, readErrorBody, ServiceError, type Language } from "../../service/protocol/index.ts";

/** The part of a rejection that may hold an ErrorBody: `reason` of a refused request, else its message. */
function bodyOf(failure: unknown): ReturnType<typeof readErrorBody> {
  if (typeof failure !== "object" || failure === null) return readErrorBody(failure);
  const { reason, message } = failure as { reason?: unknown; message?: unknown };
  return readErrorBody(reason) ?? readErrorBody(message) ?? readErrorBody(failure);
}

/** The ServiceError that a failure carries or, where it carries none, the one that says the service did not answer. */
export function toServiceError(failure: unknown, url: string): ServiceError {
  if (failure instanceof ServiceError) return failure;
  const body = bodyOf(failure);
  if (body !== undefined) return new ServiceError(body.code, body.params);
  const problem = failure instanceof Error ? failure.message : String(failure);
  return new ServiceError("SERVICE_UNREACHABLE", { url, problem });
}

/** What a refusing HTTP reply says; a proxy's own page says only its status. */
export const replyError = (status: number, text: string, url: string): ServiceError =>
  toServiceError(readErrorBody(text) ?? `HTTP ${status}`, url);

/** What to show a person, in their language, for any failure. Also takes `JobState.error`, which is JSON. */
export function failureText(failure: unknown, language: Language): string {
  if (failure instanceof ServiceError) return errorMessage(failure, language);
  const body = bodyOf(failure);
  if (body !== undefined) return errorMessage(body, language);
  return failure instanceof Error ? failure.message : String(failure);
}
