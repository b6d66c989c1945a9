import { useEffect, useRef } from 'preact/hooks';
import { type NestPicture, nestPicture, type PlacedNest } from '../drawing/nest-layout.ts';
import { tabled, tabledBox } from '../page/members-now.ts';
import { boxesNow, chooseBox, chosenBox, nestNow, numberOfEach, openBox, sparkOf } from '../page/nest-now.ts';
import { session } from '../page/session.ts';
import type { NestBox } from '../run/nest.ts';
import type { BoxStanding } from '../run/nest-at.ts';
import { figure } from '../text/number.ts';
import { useRoom } from '../widgets/element-size.ts';
import { FirstOdd, firstOddWords } from '../widgets/first-odd.tsx';
import { Scroll } from '../widgets/scroll.tsx';
import { AppActors } from './app-actors.tsx';
import { MembersTable } from './members-table.tsx';
import { NestBoxText } from './nest-box.tsx';

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
  const places = new Map(picture.boxes.map((place) => [place.key, place]));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons in it have the keys
    <div
      ref={root}
      class={`boxes ${picture.tight ? 'tight' : ''}`}
      style={{ width: `${picture.width}px`, height: `${picture.height}px` }}
      onKeyDown={(event) => onKey(event, boxes)}
    >
      <svg class="ways" width={picture.width} height={picture.height} aria-hidden="true">
        {picture.frames.map(({ x, y, width, height }) => (
          <rect key={`${x} ${y}`} x={x} y={y} width={width} height={height} rx="9" />
        ))}
        {picture.arrows.map((d) => (
          <path key={d} d={d} />
        ))}
      </svg>
      {boxes.map((standing) => (
        <Box
          key={standing.box.key}
          standing={standing}
          place={places.get(standing.box.key)!}
          tight={picture.tight}
          current={standing.box === chosen}
        />
      ))}
    </div>
  );
}

interface BoxProps {
  standing: BoxStanding;
  place: PlacedNest;
  tight: boolean;
  current: boolean;
}

function Box({ standing, place, tight, current }: BoxProps) {
  const { box, actor, phase, running, innermost } = standing;
  const spark = actor && !tight ? sparkOf(actor.path) : undefined;
  const values = spark?.upTo(session.store, session.now.value) ?? [];
  const odd = box.paths.map(firstOddWords).find((words) => words !== undefined);
  const each = spark && box.paths.length > 1 ? numberOfEach(box, spark.pick.keys) : undefined;
  const part = { spark, values, each, odd };
  return (
    <button
      type="button"
      class={`nested ${phase} ${running.length ? 'runs' : ''} ${innermost ? 'innermost' : ''} ${odd ? 'is-odd' : ''} ${box.paths.length > 1 ? 'many' : ''}`}
      style={{
        transform: `translate(${place.x}px, ${place.y}px)`,
        width: `${place.width}px`,
        height: `${place.height}px`,
      }}
      data-loop={box.key}
      aria-current={current ? 'true' : undefined}
      title={actor ? `${actor.id}${actor.loop ? ` (${actor.loop})` : ''}` : `${box.name} has not run yet`}
      onClick={() => chooseBox(standing)}
      onDblClick={() => openBox(standing)}
    >
      <NestBoxText standing={standing} part={part} place={place} tight={tight} />
    </button>
  );
}
