/**
 * What the hub hasn't acknowledged yet, in IndexedDB: it survives a reload, a closed tab and a crash.
 * Entries hold ids and decisions, never conversation text, and go when they are acknowledged.
 */
const DATABASE = "pixelhub-annotation";
const STORE = "outbox";

function asPromise(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Outbox {
  /** `owner` is person and round: nobody sends somebody else's labels from a shared computer. */
  constructor(owner) {
    this.owner = owner;
    this.memory = new Map();
    this.durable = true;
    this.opened = this.open();
  }

  async open() {
    try {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
      return await asPromise(request);
    } catch {
      this.durable = false; // private windows may refuse; the page then says that closing loses labels
      return null;
    }
  }

  async run(mode, act) {
    const database = await this.opened;
    if (!database) return act(null);
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const finished = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
    const result = await act(transaction.objectStore(STORE));
    await finished;
    return result;
  }

  async put(entry) {
    const owned = { ...entry, owner: this.owner };
    this.memory.set(owned.id, owned);
    try {
      await this.run("readwrite", (store) => store && asPromise(store.put(owned)));
    } catch {
      this.durable = false;
    }
  }

  async remove(id) {
    this.memory.delete(id);
    await this.run("readwrite", (store) => store && asPromise(store.delete(id)));
  }

  /** This owner's entries, oldest first. */
  async all() {
    const stored = await this.run("readonly", (store) => (store ? asPromise(store.getAll()) : []));
    for (const entry of stored) if (entry.owner === this.owner) this.memory.set(entry.id, entry);
    return [...this.memory.values()].sort((a, b) => a.at - b.at);
  }
}
