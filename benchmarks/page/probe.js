// In the page, before its own scripts: takes the times where they arise. All are in ms.
window.probe = {
  find(selector, text = '') {
    return [...document.querySelectorAll(selector)].find((each) => each.textContent.includes(text));
  },

  /** Since the page was asked for, until the first frame that shows this. */
  async shown(selector, text) {
    while (!probe.find(selector, text)) await new Promise(requestAnimationFrame);
    await probe.painted();
    return performance.now();
  },

  painted: () => new Promise((done) => requestAnimationFrame(() => setTimeout(done))),

  /** From a click until the first frame that shows this. */
  async clicked([target, label], selector, text) {
    const began = performance.now();
    probe.find(target, label).click();
    return (await probe.shown(selector, text)) - began;
  },

  /** From what is typed into a field, and sent if it is in a form, until the first frame that shows this. */
  async typed([target, value], selector, text) {
    const field = document.querySelector(target);
    const began = performance.now();
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.form?.requestSubmit();
    return (await probe.shown(selector, text)) - began;
  },

  async firstPaint() {
    for (;;) {
      const [paint] = performance.getEntriesByName('first-contentful-paint');
      if (paint) return paint.startTime;
      await probe.painted();
    }
  },

  bytes: () =>
    performance
      .getEntries()
      .reduce((sum, { transferSize = 0 }) => sum + transferSize, 0),

  nodes() {
    const walk = document.createTreeWalker(document);
    let count = 1;
    while (walk.nextNode()) count++;
    return count;
  },

  /** How many times longer than at its quickest some work takes: what else the machine does. */
  slowness() {
    const rounds = Array.from({ length: 60 }, () => {
      const began = performance.now();
      for (let n = 0, sum = 0; n < 2e6; n++) sum += n % 7;
      return performance.now() - began;
    });
    return rounds.reduce((sum, each) => sum + each) / rounds.length / Math.min(...rounds);
  },

  /** Scroll a table down by so many px a frame: how long each frame took, and in how many a row in sight was not there. */
  async scrolled(px, count) {
    const grid = document.querySelector('[role=grid]');
    const [seen, row] = [grid.clientHeight - 34, 30];
    const frames = [];
    let [top, blank] = [0, 0];
    let last = await new Promise(requestAnimationFrame);
    while (frames.length < count) {
      grid.scrollTop = top += px;
      const [from, to] = [Math.floor(top / row), Math.floor((top + seen - 1) / row)];
      const there = [...grid.querySelectorAll('[data-row]')].map(({ dataset }) => Number(dataset.place));
      if (there.filter((place) => place >= from && place <= to).length < to - from + 1) blank++;
      const now = await new Promise(requestAnimationFrame);
      frames.push(now - last);
      last = now;
    }
    return { frames, blank };
  },

  /** From now on notes when the first frame came that shows the event of a position or a later one. */
  follow() {
    const seen = (probe.seen = []);
    const look = async () => {
      const newest = Number(document.querySelector('[role=log] [data-position]')?.dataset.position ?? 0);
      if (newest > (seen.at(-1)?.[0] ?? 0)) {
        await probe.painted();
        seen.push([newest, performance.timeOrigin + performance.now()]);
      }
      requestAnimationFrame(look);
    };
    void look();
  },

  /** What was noted, once this position was seen: positions with when that was, since 1970. */
  async followed(position) {
    while (!(probe.seen.at(-1)?.[0] >= position)) await new Promise(requestAnimationFrame);
    return probe.seen;
  },
};
