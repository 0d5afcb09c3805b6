// What stands on the lock screen is taken away when it is over: an order that was answered, here or elsewhere, or that has ended.

/** Close the notifications of orders that no longer call. @param {Set<string>} calling ids of orders that have not been answered */
export async function tidy(calling) {
  const registration = await navigator.serviceWorker?.getRegistration?.();
  for (const shown of (await registration?.getNotifications?.()) ?? []) if (!calling.has(shown.tag)) shown.close();
}
