export const REQUEST_ID_HEADER = "x-request-id";

/** The same as in the backend: an id that one of them took and the other did not would end between them. */
const ACCEPTABLE = /^[\w.:=+/-]{1,128}$/;

/** The caller's request id where it is safe to log and send on, otherwise a new one. */
export function requestId(headers: Headers): string {
  const given = headers.get(REQUEST_ID_HEADER);
  return given !== null && ACCEPTABLE.test(given) ? given : crypto.randomUUID();
}
