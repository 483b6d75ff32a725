/** Called by Next.js once, before the server takes requests: refuses to start without a backend, measures, and sees to a good end. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { checkConfiguration } = await import("./server/startup");
    checkConfiguration();
    if (process.env.NEXT_MANUAL_SIG_HANDLE) {
      const { partAtSignals } = await import("./server/parting");
      partAtSignals();
    }
    if (process.env.METRICS_PORT) {
      const { showMetrics } = await import("./server/metrics");
      showMetrics(Number(process.env.METRICS_PORT));
    }
  }
}
