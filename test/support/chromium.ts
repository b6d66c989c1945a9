import { execFileSync } from 'node:child_process';
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

/** The Chromium that CHROMIUM names, or that is found on PATH. */
export function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
  const args = ['--no-sandbox', '--disable-background-networking', `--disable-features=${without.join(',')}`];
  return chromium.launch({ executablePath, args });
}
