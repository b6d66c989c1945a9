import type { PlacedNest } from '../drawing/nest-layout.ts';
import { session } from '../page/session.ts';
import { forkedFrom } from '../run/fork-words.ts';
import type { NestBox } from '../run/nest.ts';
import type { BoxStanding } from '../run/nest-at.ts';
import { type Spark, sparkLine } from '../run/spark.ts';
import { type Spread, strokes } from '../run/spread.ts';
import { figure } from '../text/number.ts';
import { duration } from '../text/time.ts';
import { Mark } from '../widgets/phase-mark.tsx';

/** The number of a loop that its box shows. */
export interface Part {
  spark: Spark | undefined;
  values: readonly number[];
  /** Of an array, how its loops have it. */
  each: Spread | undefined;
  /** Where one was first not finite, in words. */
  odd: string | undefined;
}

interface NestBoxTextProps {
  standing: BoxStanding;
  part: Part;
  place: PlacedNest;
  tight: boolean;
}

/** From so many pixels on, the number stands beside the rest. */
const WIDE = 400;

/** What a box says, from its name to the number of its loop. */
export function NestBoxText({ standing, part, place, tight }: NestBoxTextProps) {
  const wide = place.width >= WIDE && part.values.length > 0;
  const leaf = place.head === place.height;
  const { box, phase, words } = standing;
  const counted = countOf(standing);
  const forked = standing.actor && forkedFrom(session.store, standing.actor);
  return (
    <span class={`text ${wide ? 'wide' : ''}`} style={{ height: `${place.head - 3}px` }}>
      <span class="line">
        {phase === 'ahead' ? <i class="ahead-mark" /> : <Mark phase={phase} />}
        <b class={`name hue${box.paths[0]?.hue ?? 0}`}>{box.name}</b>
        <Told>{`${around(box)}; `}</Told>
        {counted ? <span class="times">× {counted}</span> : null}
        {counted ? <Told>{box.paths.length > 1 ? ' loops; ' : ' runs; '}</Told> : null}
        {forked && !tight ? <span class="forked dim">forked from {forked}</span> : null}
        {tight ? (
          <>
            <Told>{`${manyWords(standing) ?? words}; `}</Told>
            <span class="count">
              {standing.total ? <Told>step </Told> : null}
              {stepsOf(standing, true)}
            </span>
          </>
        ) : (
          <span class="words">{manyWords(standing) ?? words}</span>
        )}
      </span>
      {tight ? null : (
        <>
          <span class="line">
            <Told>; </Told>
            <span class="count">{stepsOf(standing)}</span>
            <Told>; </Told>
            <span class="share">{shareOf(standing)}</span>
          </span>
          <Bar standing={standing} />
          {leaf || wide ? <Curve part={part} /> : null}
        </>
      )}
    </span>
  );
}

/** How far the loop is; of an array, how its loops stand. */
function Bar({ standing }: { standing: BoxStanding }) {
  const { box, total, steps, begun, running, failed } = standing;
  if (box.paths.length > 1) {
    const ended = begun - running.length - failed;
    const width = (count: number) => ({ flexGrow: count });
    return (
      <span class="bar of-many" aria-hidden="true">
        <i class="done" style={width(ended)} />
        <i class="failed" style={width(failed)} />
        <i class="running" style={width(running.length)} />
        <i style={width(box.paths.length - standing.loops)} />
      </span>
    );
  }
  const part = total && total.total > 0 ? Math.min(1, steps / total.total) : 0;
  return (
    <span class="bar" aria-hidden="true">
      {part ? <i style={{ transform: `scaleX(${part})` }} /> : null}
    </span>
  );
}

function Curve({ part }: { part: Part }) {
  const { spark, values, each, odd } = part;
  const name = spark?.pick.keys.join('.');
  if (each) return <OfEach name={name ?? ''} each={each} />;
  return (
    <span class="number">
      {spark && values.length ? (
        <>
          <svg viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">
            <path d={sparkLine(values)} />
          </svg>
          <span class="value">
            {odd ? <b class="bad">{odd}; </b> : null}
            <Told>; </Told>
            <span class="dim">{name}</span> {numberIn(values)}
          </span>
        </>
      ) : null}
    </span>
  );
}

/** A number of the loops of an array: a stroke for each, from the least to the most, the middle one stronger. */
function OfEach({ name, each }: { name: string; each: Spread }) {
  const { values, least, middle, most, odd } = each;
  const at = most > least ? ((middle - least) / (most - least)) * 100 : 50;
  return (
    <span class="number of-each">
      {values.length ? (
        <svg viewBox="-1 0 102 20" preserveAspectRatio="none" aria-hidden="true">
          <path d={strokes(each)} />
          <path class="middle" d={`M${at} 0V20`} />
        </svg>
      ) : null}
      <span class="value">
        {odd ? <b class="bad">{figure(odd)} not finite; </b> : null}
        <Told>; </Told>
        {values.length ? (
          <>
            <span class="dim">{name}</span> {least === most ? figure(least) : `${figure(least)} to ${figure(most)}`}
            <Told>{`, half of the loops up to ${figure(middle)}`}</Told>
          </>
        ) : null}
      </span>
    </span>
  );
}

const numberIn = (values: readonly number[]): string => {
  const last = values.at(-1);
  return last === undefined ? '' : figure(last);
};

/** How many loops or runs one box stands for, where that is more than one. */
function countOf({ box, begun }: BoxStanding): string {
  if (box.paths.length > 1) return figure(box.paths.length);
  return begun > 1 ? figure(begun) : '';
}

/** How the loops of an array stand, together. */
function manyWords({ box, running, failed, begun, words }: BoxStanding): string | undefined {
  if (box.paths.length < 2 || !begun) return undefined;
  const ended = begun - running.length - failed;
  const told = [
    running.length ? `${figure(running.length)} running` : '',
    failed ? `${figure(failed)} failed` : '',
    ended ? `${figure(ended)} over` : '',
  ].filter((one) => one !== '');
  return told.join(' · ') || words;
}

/**
 * `step 12 of 30`, or `12 of 30` where there is little room; behind `~` stands a guess. Of an array,
 * `3 to 12 steps, 40 runs`.
 */
function stepsOf({ actor, steps, total, vague, spread, box, begun }: BoxStanding, tight = false): string {
  if (!actor) return '';
  if (spread) {
    const { least, most } = spread;
    const range = least === most ? figure(least) : `${figure(least)} to ${figure(most)}`;
    const runs = begun > box.paths.length ? `, ${figure(begun)} runs` : '';
    return `${vague ? '≥ ' : ''}${range} ${most === 1 ? 'step' : 'steps'}${runs}`;
  }
  const taken = `${vague ? '≥ ' : ''}${figure(steps)}`;
  return total
    ? `${tight ? '' : 'step '}${taken} of ${total.guess ? '~' : ''}${figure(total.total)}`
    : `${taken} ${steps === 1 ? 'step' : 'steps'}`;
}

function shareOf({ share, busy, actor }: BoxStanding): string {
  if (!actor) return '';
  if (share === undefined) return duration(busy);
  const percent = share * 100;
  return `${percent > 0 && percent < 1 ? '< 1' : percent.toFixed(0)} % of the time`;
}

/** Which boxes lie around it, from the outermost. */
function around({ parent }: NestBox): string {
  const names: string[] = [];
  for (let outer = parent; outer; outer = outer.parent) names.unshift(outer.name);
  return names.length ? ` in ${names.join(', ')}` : '';
}

/** For those who are told what others see: where a box is, and where a part of its text ends. */
const Told = ({ children }: { children: string }) => <span class="told">{children}</span>;
