import type { AnyActorRef, InspectionEvent } from 'xstate';
import { describeError } from '../data/error-codec.ts';
import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import type { ForkFactories } from '../inspect/fork/factory.ts';
import { defaultLimits, Inspection, type Limits } from '../inspect/inspection.ts';
import type { Sendable } from '../inspect/sendable.ts';
import type { Redact } from '../inspect/wire.ts';
import { quoted } from './answer.ts';
import { atExit } from './exit.ts';
import { checkHost, checkToken, freshToken } from './guard.ts';
import { openPage } from './open.ts';
import { builtPage } from './page.ts';
import { Pages } from './pages.ts';
import { type Site, serveSite } from './site.ts';
import { tellWith } from './stderr.ts';

/** What `inspector` takes. */
export interface InspectorOptions {
  /** Default: any that is free. */
  port?: number;
  /** Default: `127.0.0.1`. */
  host?: string;
  /** Others may reach `host`, too. Nothing is encrypted. Default: false. */
  remote?: boolean;
  /** More names under which the page may be asked for: `box.example`, or with the port of a proxy, `box.example:443`. */
  hosts?: string[];
  /** More origins whose pages may connect: where a receiver of `@xstate/inspect` lives. */
  origins?: string[];
  /**
   * Whose pages may show this one in a frame: origins such as `https://docs.example`, or a scheme of an editor,
   * `vscode-webview:`. Default: nobody's.
   */
  frames?: string[];
  /** What a page must know to connect. Default: a random one. */
  token?: string;
  /** Open the page in the browser. Default: false. */
  open?: boolean;
  /** Pages may watch, and do nothing to the run. Default: false. */
  readonly?: boolean;
  /**
   * Which actors of an app's own pages may send events: a list of their names, or a function that is asked once about each.
   * To others nothing is offered, and what is sent all the same is refused by name. Loops take control events alone, which
   * `readonly` refuses. Default: all that take events.
   */
  send?: Sendable;
  /** Changes each line before it leaves the process, or keeps it back by returning nothing. It gets a copy. */
  redact?: Redact;
  /**
   * Makes the loops of forks, by the name of the outermost loop: `{ fit: () => new Fit() }`. Then pages may begin, beside
   * such a run, another: from where it stands, from an earlier moment that a page has taken a checkpoint of, or from any
   * checkpoint that its store keeps; with states or arguments that were changed.
   * Default: none.
   */
  fork?: ForkFactories;
  /** How much is kept and sent. */
  limits?: Partial<Limits>;
  /** Where to say under which URL the page is. Default: stderr. */
  tell?: (text: string) => void;
}

/** An inspection observer that serves a page which shows what it observes. */
export interface Inspector {
  /** With the token: whoever has it can watch and stop the run. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** How many pages are connected. */
  readonly pages: number;
  /** Takes in what XState tells. */
  next(event: InspectionEvent): void;
  /** Watches a run that goes on already: `inspector.attach(run.actor)`. */
  attach(actor: AnyActorRef): void;
  /** Ends the server, and with it all pages. The runs go on. */
  close(): Promise<void>;
}

const known = [
  'port',
  'host',
  'remote',
  'hosts',
  'origins',
  'frames',
  'token',
  'open',
  'readonly',
  'send',
  'redact',
  'fork',
  'limits',
  'tell',
];

/**
 * Serves the inspector's page to this machine: `loop.start({ inspect: await inspector() })`. The URL is printed.
 * It does not keep the process running, unless a run waits that was paused from the page.
 * @throws MisconfigurationError for a bad option; LoopError where the page was not built or the port is taken
 */
export async function inspector(options: InspectorOptions = {}): Promise<Inspector> {
  checkOptions(options);
  const inspection = new Inspection(options);
  const served = await serveInspection(inspection, options, builtPage());
  return {
    ...served,
    // A spread would read it once.
    get pages() {
      return inspection.pages;
    },
    async close() {
      await served.close();
      inspection.close();
    },
  };
}

/** Serves an inspection that goes on already, with the page in any place. Closing ends the server, not the inspection: another can serve it on. */
export async function serveInspection(
  inspection: Inspection,
  options: InspectorOptions,
  page: string,
): Promise<Inspector> {
  const token = checkToken(options.token ?? freshToken());
  const host = checkHost(options.host ?? '127.0.0.1', options.remote);
  const pages = new Pages(inspection);
  const site: Site = await serveSite({
    host,
    port: options.port ?? 0,
    token,
    hosts: options.hosts ?? [],
    origins: options.origins ?? [],
    frames: options.frames ?? [],
    page,
    keep: false,
    answer(request, response, guard) {
      // A browser does not tell a page why its socket was refused: with this it can ask.
      const { 'loopchart-token': asked } = request.headers;
      if (asked !== undefined) response.setHeader('loopchart-token', guard.knows(String(asked)) ? 'right' : 'wrong');
      return false;
    },
    upgrade: (request, socket, head, guard) => pages.upgrade(request, socket, head, guard),
  });
  const leave = accompany(inspection, options.tell);
  const url = `${site.url}#token=${token}`;
  tellWith(options.tell, `loopchart inspector: ${url}\n`);
  if (options.open === true) openPage(url);
  return {
    url,
    port: site.port,
    token,
    get pages() {
      return inspection.pages;
    },
    next: (event) => inspection.next(event),
    attach: (actor) => inspection.attach(actor),
    async close() {
      leave();
      await pages.close();
      await site.close();
    },
  };
}

/** What an inspection wants of its process while it is served. @returns what ends that */
function accompany(inspection: Inspection, tell: InspectorOptions['tell']): () => void {
  inspection.onFault = (error) => {
    const { stack, message } = describeError(error);
    tellWith(
      tell,
      `loopchart: the inspector could not take down all of the run, which goes on. First: ${stack ?? message}\n`,
    );
  };
  let held: ReturnType<typeof setInterval> | undefined;
  inspection.onHold = (hold) => {
    clearInterval(held);
    // A run that was paused from the page has nothing to wait for that would keep the process.
    held = hold ? setInterval(() => {}, 2 ** 30) : undefined;
  };
  // The last lines of a run that ends with its process.
  const forget = atExit(() => inspection.flush());
  return () => {
    forget();
    clearInterval(held);
  };
}

function checkOptions(options: InspectorOptions): void {
  const wrong = (expected: string, got: unknown) =>
    new MisconfigurationError(
      `inspector expected ${expected}, got ${quoted(typeof got === 'string' ? got : shown(got))}.`,
    );
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw wrong(`options among ${known.join(', ')}`, name);
  }
  const { port, redact, limits = {}, hosts, origins, frames, tell } = options;
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536))
    throw wrong('`port` to be a whole number from 0 to 65535', port);
  for (const [name, value] of Object.entries({ redact, tell })) {
    if (value !== undefined && typeof value !== 'function') throw wrong(`\`${name}\` to be a function`, value);
  }
  for (const [name, value] of Object.entries({ hosts, origins, frames })) {
    if (value !== undefined && !(Array.isArray(value) && value.every((one) => typeof one === 'string')))
      throw wrong(`\`${name}\` to be a list of texts`, value);
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultLimits, name)) throw wrong(`limits among ${Object.keys(defaultLimits).join(', ')}`, name);
    // A timer that is to wait longer fires at once.
    const most = name === 'every' ? 2 ** 30 : Number.POSITIVE_INFINITY;
    const whole = Number.isInteger(value) || value === Number.POSITIVE_INFINITY;
    if (!(typeof value === 'number' && whole && value >= 1 && value <= most))
      throw wrong(`\`limits.${name}\` to be a whole number from 1 ${name === 'every' ? `to ${most}` : 'up'}`, value);
  }
}
