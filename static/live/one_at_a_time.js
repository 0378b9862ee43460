/** For code that fetches by itself: one at a time, and once more if asked meanwhile, so that no older answer comes last. */
export function oneAtATime(act) {
  let running = null;
  let again = false;

  async function all() {
    try {
      do {
        again = false;
        await act();
      } while (again);
    } finally {
      running = null;
    }
  }

  return () => {
    if (running) again = true;
    else running = all();
    return running;
  };
}
