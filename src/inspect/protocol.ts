/** The version of what programs and pages say to each other: `docs/format.md` has all of it. A page shows no program of another. */
export const protocol = 1;
