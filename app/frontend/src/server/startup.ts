import { backendUrl, BackendUrlError } from "./backend-url";
import { log } from "./log";

/** Ends the process with one clear line when the environment does not say where the backend is. */
export function checkConfiguration(): void {
  try {
    log("info", "Backend configured", { backend_url: backendUrl() });
  } catch (error) {
    if (!(error instanceof BackendUrlError)) {
      throw error;
    }
    log("error", error.message, {});
    process.exit(1);
  }
}
