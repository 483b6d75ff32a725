/** Called by Next.js once, before the server takes requests: refuses to start without a backend, and sees to a good end. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { checkConfiguration } = await import("./server/startup");
    checkConfiguration();
    if (process.env.NEXT_MANUAL_SIG_HANDLE) {
      const { partAtSignals } = await import("./server/parting");
      partAtSignals();
    }
  }
}
