import { accessSync, constants } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/**
 * The address bar's lists are pages of Chromium's own, loaded anew for each window: as much work as the page that is
 * looked at. The rest is what Playwright leaves out: of this switch only the last counts.
 */
const without = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AimEnabled',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
];

/**
 * Starts the Chromium of this path, without a window.
 *
 * @throws if there is none, or it does not start
 */
export async function start(executablePath: string): Promise<Browser> {
  // Playwright asks too, but only when it has made two temporary folders, and then it leaves them behind.
  accessSync(executablePath, constants.X_OK);
  const args = ['--no-sandbox', '--disable-background-networking', `--disable-features=${without.join(',')}`];
  return chromium.launch({ executablePath, args });
}
