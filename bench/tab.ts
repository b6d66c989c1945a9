import { readFileSync } from 'node:fs';
import type { Browser, CDPSession, Page } from 'playwright-core';

interface Traced {
  name: string;
  pid: number;
  tid: number;
  dur?: number;
  tdur?: number;
  args: { name?: string };
}

/** What is taken down in the page. Times are in milliseconds. */
interface Noted {
  /** Tasks of 50 ms and more. */
  long: number[];
  /** Between two frames. */
  frames: number[];
  /** What the page's own code takes of a frame. */
  scripts: number[];
  /** What drawing the timeline takes of it. */
  flames: number[];
}

/** What the page's main thread did at a stretch, in milliseconds: by the clock, and of the processor, which others do not lengthen. */
export interface Task {
  clock: number;
  cpu: number;
}

/** A tab with the inspector in it, and a look at what it costs. */
export class Tab {
  readonly page: Page;
  readonly cdp: CDPSession;
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page, cdp: CDPSession) {
    this.#browser = browser;
    this.page = page;
    this.cdp = cdp;
  }

  static async open(browser: Browser, url: string): Promise<Tab> {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(120_000);
    page.on('pageerror', (error) => {
      throw error;
    });
    // What runs the benchmarks gives functions their names by a helper, which the page has not got.
    await page.addInitScript('globalThis.__name = (named) => named;');
    await page.addInitScript(takeNotes);
    await page.goto(url);
    return new Tab(browser, page, await page.context().newCDPSession(page));
  }

  /** Waits until so many rows are listed and on the screen; returns when that was, counted from when the page was asked for. */
  listed(count: number): Promise<number> {
    return this.page.evaluate(
      (text) =>
        new Promise<number>((resolve) => {
          const look = () => {
            if (document.querySelector('#log-count')?.textContent === text && document.querySelector('#log .row'))
              // The frame after has it on the screen.
              requestAnimationFrame(() => resolve(performance.now()));
            else requestAnimationFrame(look);
          };
          look();
        }),
      count.toLocaleString('en'),
    );
  }

  /** Waits until something is on the screen; returns when that was, counted from when the page was asked for. */
  painted(selector: string): Promise<number> {
    return this.page.evaluate(
      (wanted) =>
        new Promise<number>((resolve) => {
          const look = () => {
            requestAnimationFrame(document.querySelector(wanted) ? () => resolve(performance.now()) : look);
          };
          look();
        }),
      selector,
    );
  }

  /** Waits until a file of so many lines, which the page cannot hold at once, is read; returns when that was. */
  async isRead(lines: number): Promise<number> {
    await this.page
      .locator('.notice', { hasText: ` of ${lines.toLocaleString('en')} are shown` })
      .waitFor({ timeout: 1_200_000 });
    return this.page.evaluate(() => performance.now());
  }

  /** Waits until the newest line that is shown is this one. */
  async shows(seq: number): Promise<void> {
    await this.page.waitForFunction(
      (text) => document.querySelector('#moment')?.textContent === text,
      seq.toLocaleString('en'),
      { timeout: 120_000, polling: 50 },
    );
  }

  /** Compares all runs that are open, beside each other. */
  async compare(): Promise<void> {
    const { page } = this;
    await page.getByRole('tab', { name: 'runs' }).click();
    const boxes = page.locator('.run-list [type=checkbox]');
    // There are two runs at least; the list may be about to be drawn.
    await boxes.nth(1).waitFor();
    for (const box of await boxes.all()) await box.check();
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.waitForSelector('.pair');
  }

  /** Waits until all that is there was compared, and gives what was found. */
  async compared(): Promise<string> {
    const told = this.page.locator('.pair .parted').first();
    await this.page.waitForFunction(() => !/ %$|^$/.test(document.querySelector('.pair .parted')?.textContent ?? ''));
    return await told.innerText();
  }

  /** How many rows the log says that it has. */
  async count(): Promise<number> {
    return Number((await this.page.locator('#log-count').innerText()).replaceAll(',', ''));
  }

  /** Keeps the page from doing anything. */
  async stall(): Promise<void> {
    await this.cdp.send('Debugger.enable');
    const paused = new Promise((resolve) => this.cdp.once('Debugger.paused', resolve));
    await this.cdp.send('Debugger.pause');
    // It stops at the next thing that it does.
    void this.page.evaluate(() => {}).catch(() => {});
    await paused;
  }

  async goOn(): Promise<void> {
    await this.cdp.send('Debugger.resume');
    await this.cdp.send('Debugger.disable');
  }

  /** Zooms in on the timeline, moves along it and zooms out again, a little each frame. */
  sweepTimeline(): Promise<void> {
    return this.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const timeline = document.querySelector('#timeline')!;
          const { left, width, top } = timeline.getBoundingClientRect();
          let frame = 0;
          const go = () => {
            if (frame === 480) return resolve();
            const zooms = frame < 120 || (frame >= 240 && frame < 360);
            const delta = frame < 240 ? -40 : 40;
            const place = { clientX: left + width * 0.4, clientY: top + 5, bubbles: true, cancelable: true };
            const wheel = zooms ? { deltaY: delta, ctrlKey: true } : { deltaX: frame % 60 < 30 ? 30 : -30 };
            timeline.dispatchEvent(new WheelEvent('wheel', { ...wheel, ...place }));
            frame++;
            requestAnimationFrame(go);
          };
          requestAnimationFrame(go);
        }),
    );
  }

  /** Scrolls through the log: on by some rows each frame, and now and then far away. */
  sweepLog(): Promise<void> {
    return this.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const log = document.querySelector('#log')!;
          let frame = 0;
          log.scrollTop = 0;
          const go = () => {
            if (frame === 480) return resolve();
            if (frame % 60 === 59) log.scrollTop = ((frame * 7919) % 480) * (log.scrollHeight / 480);
            else log.scrollTop += 60;
            frame++;
            requestAnimationFrame(go);
          };
          requestAnimationFrame(go);
        }),
    );
  }

  rows(): Promise<number> {
    return this.page.locator('#log .row').count();
  }

  /** What was noted since this was last asked. */
  async noted(): Promise<Noted> {
    // Long tasks are told of a little later.
    await this.page.waitForTimeout(300);
    return this.page.evaluate(() => (globalThis as any).takeNoted());
  }

  /** In bytes, once all garbage is collected: what JavaScript holds, and what the whole process does. */
  async memory(): Promise<{ heap: number; all: number }> {
    // What only weak maps held goes at the second time.
    for (let i = 0; i < 2; i++) await this.cdp.send('HeapProfiler.collectGarbage');
    await this.cdp.send('Performance.enable');
    const { metrics } = await this.cdp.send('Performance.getMetrics');
    const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize')!.value;
    const session = await this.#browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    // Chromium has pages of its own as well, which are small.
    return {
      heap,
      all: Math.max(...processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => residentSize(id))),
    };
  }

  /** All tasks of the page's main thread while something is done. */
  async tasksDuring(doing: () => Promise<unknown>): Promise<Task[]> {
    await this.#browser.startTracing(this.page, { categories: ['toplevel'] });
    await doing();
    const { traceEvents } = JSON.parse((await this.#browser.stopTracing()).toString()) as { traceEvents: Traced[] };
    const place = ({ pid, tid }: Traced) => `${pid} ${tid}`;
    const tasks = new Map<string, Task[]>();
    for (const event of traceEvents) {
      if (event.name === 'thread_name' && event.args.name === 'CrRendererMain') tasks.set(place(event), []);
    }
    for (const event of traceEvents) {
      const { name, dur = 0, tdur = 0 } = event;
      if (name === 'ThreadControllerImpl::RunTask')
        tasks.get(place(event))?.push({ clock: dur / 1000, cpu: tdur / 1000 });
    }
    // Chromium has pages of its own as well, which have little to do.
    const busy = (list: Task[]) => list.reduce((sum, { cpu }) => sum + cpu, 0);
    return [...tasks.values()].reduce((most, list) => (busy(list) > busy(most) ? list : most), []);
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}

/** Of a process, as Linux tells it; 0 elsewhere. */
function residentSize(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Runs in the page, before its own code. */
function takeNotes(): void {
  const noted: Noted = { long: [], frames: [], scripts: [], flames: [] };
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) noted.long.push(duration);
  });
  observer.observe({ type: 'longtask', buffered: true });

  const next = requestAnimationFrame.bind(window);
  let drawing = 0;
  let script = 0;
  const { clearRect } = CanvasRenderingContext2D.prototype;
  // The timeline's drawing begins so, and is the last that its callback does.
  CanvasRenderingContext2D.prototype.clearRect = function (...sizes) {
    if (this.canvas.closest('#timeline')) drawing = performance.now();
    clearRect.apply(this, sizes);
  };
  window.requestAnimationFrame = (callback) =>
    next((now) => {
      const began = performance.now();
      drawing = 0;
      callback(now);
      const ended = performance.now();
      script += ended - began;
      if (drawing > 0) noted.flames.push(ended - drawing);
    });
  let last = 0;
  const frame = (now: number) => {
    if (last > 0) noted.frames.push(now - last);
    last = now;
    if (script > 0) noted.scripts.push(script);
    script = 0;
    next(frame);
  };
  next(frame);
  (globalThis as any).takeNoted = () => {
    for (const { duration } of observer.takeRecords()) noted.long.push(duration);
    const told = structuredClone(noted);
    for (const list of Object.values(noted)) list.length = 0;
    return told;
  };
}
