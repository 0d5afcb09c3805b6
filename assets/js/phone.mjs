// Calling somebody by telephone. Lists only show part of a number: the whole one is asked for, and that somebody did is recorded.
import { post } from "./api.mjs";

/** The whole number of a unit, and the telephone program if this machine has one. @param {string} unit @returns {Promise<string>} */
export async function dial(unit) {
  const { phone } = await post(`/units/${unit}/phone`, {});
  location.href = `tel:${phone}`;
  return phone;
}
