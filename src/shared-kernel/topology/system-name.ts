/** What a system is called where its topology does not say. */
export const USUAL_SYSTEM = 'seamline';
