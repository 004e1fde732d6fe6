// After a first visit the hosted page works without a network. The single file does so anyway.
export function keepForLater(): void {
  if (!import.meta.env.PROD || import.meta.env.MODE === "single") return;
  if (!("serviceWorker" in navigator)) return;
  // Later: the first visit's own work goes first. Where it is refused, the page is as it would be without.
  addEventListener("load", () => void navigator.serviceWorker.register("offline.js").catch(() => {}));
}
