/** Called by Next.js once, before the server takes requests: refuses to start without a backend. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { checkConfiguration } = await import("./server/startup");
    checkConfiguration();
  }
}
