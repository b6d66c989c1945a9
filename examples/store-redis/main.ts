// Tests a store of one's own with the suite that every store has to pass. There is no Redis here but one within this process.
import { type StorePlace, testStore } from 'loopchart/testing';
import { FakeRedis } from './fake-redis.ts';
import { redisStore } from './redis-store.ts';

interface Place extends StorePlace {
  server: FakeRedis;
  /** How many commands the store may still send before its connection is lost. */
  commandsLeft: number;
}

const report = await testStore<Place>({
  name: 'redisStore',
  make() {
    const server = new FakeRedis();
    const place = { server, commandsLeft: Infinity } as Place;
    place.store = redisStore(
      server.connect(() => {
        if (place.commandsLeft-- <= 0) throw new Error('The connection is lost.');
      }),
    );
    return place;
  },
  keep: 1,
  other: ({ server }) => redisStore(server.connect()),
  die(place) {
    place.commandsLeft = 0;
    place.server.letLeasesExpire();
  },
  crash(place, n) {
    place.commandsLeft = n - 1;
    return () => place.commandsLeft < 0;
  },
  fill({ server }) {
    server.isFull = true;
    return () => {
      server.isFull = false;
    };
  },
  damage({ server }, runId) {
    server.change('loopchart:runs', JSON.stringify(runId), (value) => value.slice(0, -20));
  },
});
console.log(`${report}`);
process.exitCode = report.passed ? 0 : 1;
