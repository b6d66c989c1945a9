import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type NestPicture, nestPicture } from '../drawing/nest-layout.ts';
import { firstOddWords } from '../page/alerts.ts';
import { tabled, tabledBox } from '../page/members-now.ts';
import { boxesNow, chooseBox, chosenBox, nestNow, openBox, wordsOf } from '../page/nest-now.ts';
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

/** What the pane has around the picture. */
const MARGIN = { width: 24, height: 22 };

/** The box that the keys are on, before and after a key. */
function onKey(event: KeyboardEvent, boxes: readonly BoxStanding[]): void {
  const { currentTarget, target, key } = event;
  const buttons = [...(currentTarget as HTMLElement).querySelectorAll('button')];
  const at = buttons.indexOf(target as HTMLButtonElement);
  const standing = boxes[at];
  if (!standing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === 'Enter') openBox(standing);
  else if (key === 'ArrowDown' || key === 'ArrowUp') buttons[at + (key === 'ArrowDown' ? 1 : -1)]?.focus();
  else return;
  event.preventDefault();
}

/** A box was pressed: what it stands for now is told, not what it stood for when it was drawn. */
function onPress(event: MouseEvent, boxes: readonly BoxStanding[], tell: (standing: BoxStanding) => void): void {
  const button = (event.target as Element).closest<HTMLElement>('.nested');
  const standing = boxes.find(({ box }) => box.key === button?.dataset.loop);
  if (standing) tell(standing);
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
  const boxes = boxesNow();
  const chosen = chosenBox();
  const standing = boxes.find((one) => one.box === chosen);
  const picture = room.width
    ? nestPicture(nestNow(), { width: room.width - MARGIN.width, height: room.height - MARGIN.height })
    : undefined;
  return (
    <section class={`nest ${session.run.value?.root.under ? 'in-app' : ''}`} aria-label="Nest">
      <header class="tools">
        {standing ? (
          <>
            <span class={`who hue${standing.box.paths[0]!.hue}`} title={standing.actor?.id}>
              {standing.box.name}
            </span>
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
      </header>
      <AppActors />
      <Scroll id="nest" label="Loops in each other" box={box}>
        {picture ? <Boxes picture={picture} boxes={boxes} chosen={chosen} /> : null}
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
  chosen: NestBox | undefined;
}

function Boxes({ picture, boxes, chosen }: BoxesProps) {
  const root = useRef<HTMLDivElement>(null);
  // A picture that is larger than its pane is shown around the loop that is looked at.
  useEffect(() => {
    root.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [chosen, picture]);
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
          current={standing.box === chosen}
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
