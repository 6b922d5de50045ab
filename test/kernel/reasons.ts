/** Why a seeded bug is missed, by its id. A miss without an entry is listed as unexplained. */
export const REASONS: Readonly<Record<string, string>> = {};
