/** BACKEND_URL is missing or is no HTTP address. */
export class BackendUrlError extends Error {}

const EXAMPLE = "set it to the backend's address, for example http://localhost:8000";

/**
 * The backend's address without a trailing slash, read from the environment at each call so that no address is built in.
 *
 * @throws BackendUrlError when BACKEND_URL is missing or is no http(s) address
 */
export function backendUrl(): string {
  const value = process.env.BACKEND_URL;
  if (!value) {
    throw new BackendUrlError(`BACKEND_URL is not set; ${EXAMPLE}.`);
  }
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new BackendUrlError(`BACKEND_URL is "${value}", which is no http(s) address; ${EXAMPLE}.`);
  }
  return value.replace(/\/+$/, "");
}
