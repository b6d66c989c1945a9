import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from './service.ts';

// Number, days until it arrived, price.
const orders: [order: number, days: number, price: number][] = [
  [1, 2, 19],
  [2, 3, 45],
  [3, 9, 32],
  [4, 1, 8],
  [5, 4, 27],
  [6, 12, 54],
];
const ordersInPage = 2;

/** The shop of this example: slow, at times busy, and each refund is a line of a file. */
export class Shop {
  readonly pages = Math.ceil(orders.length / ordersInPage);
  readonly #file: string;
  readonly #latency: number;
  #busy = true;

  /** @param latency how long it takes for anything, in milliseconds */
  constructor(file: string, latency = 300) {
    this.#file = file;
    this.#latency = latency;
  }

  /** One page of orders, a line for each. It is busy once, at the second page. */
  async page(page: number, signal: AbortSignal): Promise<string[]> {
    await sleep(this.#latency, undefined, { signal });
    if (page === 1 && this.#busy) {
      this.#busy = false;
      throw new ServiceError('The shop is busy.', { temporary: true });
    }
    const from = page * ordersInPage;
    return orders
      .slice(from, from + ordersInPage)
      .map(([order, days, price]) => `order ${order}: ${price}.00, arrived after ${days} days`);
  }

  /** Pays an order back; twice, if it is called twice. */
  async refund(order: number): Promise<string> {
    const found = orders.find(([number]) => number === order);
    if (found === undefined) throw new ServiceError(`There is no order ${order}.`);
    const text = `refunded order ${order}: ${found[2]}.00`;
    appendFileSync(this.#file, `${text}\n`);
    await sleep(this.#latency);
    return text;
  }
}
