/**
 * What the hub hasn't acknowledged yet, in IndexedDB: it survives a reload, a closed tab and a crash.
 * Entries hold ids, decisions, spans and notes, never conversation text. They go when they are acknowledged, when their
 * person signs out (unless asked to stay), and after a week in any case.
 */
const DATABASE = "pixelhub-annotation";
const STORE = "outbox";
const KEPT_MS = 7 * 24 * 3600 * 1000;

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
    this.person = `${owner.split(":")[0]}:`;
    this.memory = new Map(); // only what couldn't be stored
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
    try {
      await this.run("readwrite", (store) => (store ? asPromise(store.put(owned)) : this.memory.set(owned.id, owned)));
    } catch {
      this.durable = false;
      this.memory.set(owned.id, owned);
    }
  }

  async remove(id) {
    this.memory.delete(id);
    await this.run("readwrite", (store) => store && asPromise(store.delete(id)));
  }

  /** This owner's entries, oldest first. */
  async all() {
    const stored = await this.stored();
    const own = stored.filter((entry) => entry.owner === this.owner && !this.memory.has(entry.id));
    return [...own, ...this.memory.values()].sort((a, b) => a.at - b.at);
  }

  /** Forget what is too old, whoever it belonged to, and what the hub refused to somebody else. */
  async purge() {
    const since = Date.now() - KEPT_MS;
    await this.removeWhere((entry) => entry.at < since || (entry.state === "refused" && !this.isMine(entry)));
  }

  /** Forget everything of this person, in every round. */
  async clear() {
    this.memory.clear();
    await this.removeWhere((entry) => this.isMine(entry));
  }

  isMine(entry) {
    return entry.owner.startsWith(this.person);
  }

  async removeWhere(goes) {
    for (const entry of await this.stored()) if (goes(entry)) await this.remove(entry.id);
  }

  stored() {
    return this.run("readonly", (store) => (store ? asPromise(store.getAll()) : []));
  }
}
