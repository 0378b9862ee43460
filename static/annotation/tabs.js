/** Several tabs of one person: a sample answered in one leaves the others, and their last ten are looked up again. */
export class Tabs {
  constructor(instrument) {
    if (!window.BroadcastChannel) return; // then the hub refuses the second label, and says why
    this.channel = new BroadcastChannel(`annotation:${instrument.root.dataset.owner}`);
    this.channel.addEventListener("message", ({ data }) => {
      if (data.answered) instrument.answeredElsewhere(data.answered);
      if (data.saved) instrument.lookAgain();
    });
    instrument.addEventListener("submitted", ({ detail }) => detail.edit || this.tell({ answered: detail.sample.slot }));
    instrument.addEventListener("skipped", ({ detail }) => this.tell({ answered: detail.sample.slot }));
    instrument.addEventListener("saved", ({ detail }) => detail.entry.path === "submit" && this.tell({ saved: true }));
  }

  tell(message) {
    this.channel.postMessage(message);
  }
}
