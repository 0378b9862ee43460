/** Leaving the page gives back what was handed out ahead: nobody waits for samples that nobody reads. */
export function plugRelease(instrument) {
  let until = null; // how long the leases run as far as this page knows; another window may have extended them since
  instrument.addEventListener("claimed", ({ detail }) => (until = detail.data.samples[0]?.lease_until ?? until));
  instrument.addEventListener("beat", ({ detail }) => (until = detail.data.until ?? until));
  window.addEventListener("pagehide", () => {
    const slots = instrument.stack.samples.slice(1).map((sample) => sample.slot);
    if (slots.length && until) instrument.api.post("release", { slots, until });
  });
  // Shown again out of the browser's memory: what it holds may be somebody else's by now.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
}
