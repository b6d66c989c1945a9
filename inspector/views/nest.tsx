import { batch } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { nestPicture } from '../drawing/nest-fold.ts';
import type { NestPicture } from '../drawing/nest-layout.ts';
import { firstOddWords } from '../page/alerts.ts';
import { tabled, tabledBox } from '../page/members-now.ts';
import { boxesNow, chooseBox, chosenBox, drawnAround, nestNow, openBox, wordsOf } from '../page/nest-now.ts';
import { boxesAround, lookInto, lookOut, nestSight, whole } from '../page/nest-sight.ts';
import { session } from '../page/session.ts';
import type { NestBox } from '../run/nest.ts';
import type { BoxStanding } from '../run/nest-at.ts';
import { figure } from '../text/number.ts';
import { useRoom } from '../widgets/element-size.ts';
import { FirstOdd } from '../widgets/first-odd.tsx';
import { Scroll } from '../widgets/scroll.tsx';
import { Steady } from '../widgets/steady.ts';
import { AppActors } from './app-actors.tsx';
import { MembersTable } from './members-table.tsx';
import { Box } from './nest-box.tsx';
import { Around, Levels } from './nest-sight.tsx';

/** What the pane has around the picture. */
const MARGIN = { width: 24, height: 22 };

/** The box that the keys are on, before and after a key. */
function onKey(event: KeyboardEvent, boxes: readonly BoxStanding[]): void {
  const { currentTarget, target, key } = event;
  const buttons = [...(currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.nested')];
  const { loop } = (target as HTMLElement).dataset;
  const at = buttons.findIndex((button) => button.dataset.loop === loop);
  const standing = boxes[at];
  if (!standing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === 'Enter' && target === buttons[at]) openBox(standing);
  else if (key === 'ArrowDown' || key === 'ArrowUp') buttons[at + (key === 'ArrowDown' ? 1 : -1)]?.focus();
  else if (key === '+' && standing.folded) lookIntoBox(standing);
  else if (key === '-') lookOut();
  else return;
  event.preventDefault();
}

/** Looks into a box, which keeps the focus: what was pressed for it is no more. */
function lookIntoBox(standing: BoxStanding): void {
  const { box } = standing;
  batch(() => {
    chooseBox(standing);
    lookInto(box);
  });
  requestAnimationFrame(() => {
    const drawn = [...document.querySelectorAll<HTMLElement>('.nested')];
    drawn.find(({ dataset }) => dataset.loop === box.key)?.focus();
  });
}

/** A box was pressed: what it stands for now is told, not what it stood for when it was drawn. */
function onPress(event: MouseEvent, boxes: readonly BoxStanding[], tell: (standing: BoxStanding) => void): void {
  const button = (event.target as Element).closest<HTMLElement>('[data-loop]');
  const standing = boxes.find(({ box }) => box.key === button?.dataset.loop);
  if (!standing) return;
  if (button!.classList.contains('nested')) tell(standing);
  else if (event.type === 'click') lookIntoBox(standing);
}

/** The program: every loop a box, in it the loops that it runs, and what goes on; or the many loops of a box as a table. */
export function NestView() {
  session.version.value;
  const box = tabledBox();
  return box ? <MembersTable key={box.key} box={box} /> : <NestPane />;
}

function NestPane() {
  session.version.value;
  const box = useRef<HTMLElement>(null);
  const room = useRoom(box).value;
  const picture = room.width
    ? nestPicture(nestNow(), nestSight(), { width: room.width - MARGIN.width, height: room.height - MARGIN.height })
    : undefined;
  const boxes = picture ? boxesNow(picture) : [];
  const chosen = chosenBox();
  const current = picture && drawnAround(picture, chosen);
  const standing = boxes.find((one) => one.box === chosen);
  const isFolded = boxes.some(({ folded }) => folded);
  // The ways to the rest need a row of their own.
  const isPart = isFolded || whole.value || boxesAround().length > 0;
  return (
    <section
      class={`nest ${session.run.value?.root.under ? 'in-app' : ''} ${isPart ? 'in-part' : ''}`}
      aria-label="Nest"
    >
      <header class="tools">
        <Around />
        {chosen && picture ? (
          <span class={`who hue${chosen.paths[0]!.hue}`} title={session.actor.value?.id}>
            {chosen.name}
          </span>
        ) : null}
        {chosen && picture && current !== chosen ? (
          <button
            type="button"
            title="It is folded, or lies outside of what is looked into"
            onClick={() => lookInto(chosen.parent)}
          >
            show its box
          </button>
        ) : null}
        {standing ? (
          <>
            <BoxOdd box={standing.box} />
            <button
              type="button"
              class="open"
              title="Its states, and what led to each (Enter)"
              disabled={!standing.actor}
              onClick={() => openBox(standing)}
            >
              open its chart
            </button>
            <TableButton standing={standing} />
          </>
        ) : null}
        <span class="grow" />
        <Levels isFolded={isFolded} />
      </header>
      <AppActors />
      <Scroll id="nest" label="Loops in each other" box={box}>
        {picture ? <Boxes picture={picture} boxes={boxes} current={current} /> : null}
      </Scroll>
    </section>
  );
}

/** The way to where a number of the chosen box was first not finite: a box itself is pressed to choose it. */
function BoxOdd({ box }: { box: NestBox }) {
  const path = box.paths.find((one) => firstOddWords(one) !== undefined);
  return path ? <FirstOdd path={path} /> : null;
}

/** Where a box stands for many, they can be seen one by one. */
function TableButton({ standing: { box, begun } }: { standing: BoxStanding }) {
  const loops = box.paths.length;
  if (loops < 2 && begun < 2) return null;
  return (
    <button
      type="button"
      onClick={() => {
        tabled.value = box.key;
      }}
    >
      {loops > 1 ? `${figure(loops)} loops` : `${figure(begun)} runs`} as a table
    </button>
  );
}

interface BoxesProps {
  picture: NestPicture;
  boxes: readonly BoxStanding[];
  /** The box of the loop that is looked at, or that it is folded into. */
  current: NestBox | undefined;
}

function Boxes({ picture, boxes, current }: BoxesProps) {
  const root = useRef<HTMLDivElement>(null);
  // A picture that is larger than its pane is shown around the loop that is looked at.
  useEffect(() => {
    root.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current, picture]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons in it have the keys
    <div
      ref={root}
      class={`boxes ${picture.tight ? 'tight' : ''}`}
      style={{ width: `${picture.width}px`, height: `${picture.height}px` }}
      onKeyDown={(event) => onKey(event, boxes)}
      onClick={(event) => onPress(event, boxes, chooseBox)}
      onDblClick={(event) => onPress(event, boxes, openBox)}
    >
      <Ways picture={picture} />
      {boxes.map((standing) => (
        <Box
          key={standing.box.key}
          loop={standing.box.key}
          words={wordsOf(standing, picture.tight)}
          place={picture.places.get(standing.box.key)!}
          tight={picture.tight}
          current={standing.box === current}
        />
      ))}
    </div>
  );
}

/** The arrows between boxes, and the frames around those that stand side by side. */
class Ways extends Steady<{ picture: NestPicture }> {
  override render({ picture: { width, height, frames, arrows } }: { picture: NestPicture }): ComponentChildren {
    return (
      <svg class="ways" width={width} height={height} aria-hidden="true">
        {frames.map((frame) => (
          <rect key={`${frame.x} ${frame.y}`} {...frame} rx="9" />
        ))}
        {arrows.map((d) => (
          <path key={d} d={d} />
        ))}
      </svg>
    );
  }
}
