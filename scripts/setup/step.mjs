/**
 * What a step of set-up is and what it works with; types only.
 *
 * A step is asked first whether it has anything to do, and only then does it. Both halves may be called on any machine in any
 * state, again and again: that is what makes a second run quick, `--check` harmless and an interrupted run repairable.
 *
 * @typedef {object} Step
 * @property {string} title the name shown to people
 * @property {(context: Context) => Promise<Finding>} inspect looks, changes nothing
 * @property {(context: Context, missing: string) => Promise<string>} provide makes what is missing; resolves to what was done, a few
 *   words; rejects with a SetupFailure that says what to do
 *
 * @typedef {{ ready: true, detail: string } | { ready: false, detail: string }} Finding `detail`: a few words, of what is
 *   there or of what is missing
 *
 * @typedef {object} Context
 * @property {string} root absolute path of the checkout
 * @property {import("./host.mjs").Host} host
 * @property {NodeJS.ProcessEnv} env the environment that commands run in
 * @property {boolean} rebuild build the sandbox image anew even if it is up to date
 * @property {import("./reporter.mjs").Reporter} report
 * @property {import("./run.mjs").Run} run
 * @property {ReturnType<typeof import("./run.mjs").createRunner>["must"]} must
 * @property {AbortSignal} signal aborts when set-up is interrupted
 */

export {};
