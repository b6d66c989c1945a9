/** Plain data: JSON, and `NaN` and the infinities. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
