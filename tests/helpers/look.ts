// What every page must hold to the eye, the finger and the screen reader, measured in the page itself.
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What people touch; a label around its input counts as that input's target. */
const TARGETS = 'button, nav a, a.button, summary, select, input:not([type=file]), textarea';
/** WCAG and Apple agree on 44; half a pixel is rounding. */
const TARGET_PX = 43.5;

/** axe's serious and critical findings, each as "rule: selector: why". */
export async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    // A colour that is still on its way to another theme's is nobody's to read.
    const passing = document
      .getAnimations()
      .filter(({ effect }) => effect?.getTiming().iterations !== Infinity);
    await Promise.all(passing.map(({ finished }) => finished.catch(() => {})));
    const runner = (window as unknown as { axe: typeof import('axe-core') }).axe;
    const { violations } = await runner.run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
      );
  });
}

/** Whatever sticks out of the window sideways, or null. */
export async function overflow(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return null;
    const widest = [...document.body.querySelectorAll('*')]
      .filter((element) => element.getBoundingClientRect().right > clientWidth + 0.5)
      .map((element) => `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''}`);
    return `${scrollWidth} > ${clientWidth}: ${widest.slice(0, 5).join(', ')}`;
  });
}

/** Visible targets smaller than a finger. */
export async function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(
    ({ selector, least }) =>
      [...document.querySelectorAll<HTMLElement>(selector)].flatMap((element) => {
        if (!element.checkVisibility() || element.closest('.visually-hidden') !== null) return [];
        const { width, height } = (element.closest('label') ?? element).getBoundingClientRect();
        const name = (element.getAttribute('aria-label') ?? element.innerText ?? '').trim();
        return width >= least && height >= least
          ? []
          : [`${element.tagName.toLowerCase()} "${name}" is ${width.toFixed(0)}×${height.toFixed(0)}`];
      }),
    { selector: TARGETS, least: TARGET_PX },
  );
}

/** Visible form fields without a name. */
export async function unnamedFields(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLInputElement>('input, select, textarea')]
      .filter((field) => field.checkVisibility() && field.getAttribute('aria-hidden') !== 'true')
      .filter(
        (field) =>
          (field.labels?.length ?? 0) === 0 &&
          !field.hasAttribute('aria-label') &&
          !field.hasAttribute('aria-labelledby'),
      )
      .map((field) => field.outerHTML.slice(0, 120)),
  );
}

/** Elements with a transition or an animation longer than a blink: `selector 160ms`. */
export async function moving(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const longest = (times: string) => Math.max(...times.split(',').map((time) => Number.parseFloat(time)));
    return [...document.querySelectorAll('*')].flatMap((element) =>
      ['', '::before', '::after'].flatMap((pseudo) => {
        const style = getComputedStyle(element, pseudo === '' ? null : pseudo);
        const transition = longest(style.transitionDuration);
        const animation = style.animationName === 'none' ? 0 : longest(style.animationDuration);
        const seconds = Math.max(transition, animation);
        const name = `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''}${pseudo}`;
        return seconds > 0.001 ? [`${name} ${seconds} s`] : [];
      }),
    );
  });
}

/** What can be read on the page, codes for support left out. */
export async function visibleWords(page: Page): Promise<string> {
  return page.evaluate(() => {
    const words: string[] = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (parent === null || parent.closest('script, style, .mono, code') !== null) continue;
      if (parent.checkVisibility()) words.push(node.textContent ?? '');
    }
    for (const element of document.querySelectorAll('[placeholder], [title], [aria-label]')) {
      for (const name of ['placeholder', 'title', 'aria-label']) words.push(element.getAttribute(name) ?? '');
    }
    return words.join('\n');
  });
}
