import { kThemes, setTheme, theme } from "../state/theme";

export function ThemeSwitch() {
  return (
    <fieldset class="theme">
      <legend class="hidden-text">Theme</legend>
      {kThemes.map((name) => (
        <label key={name}>
          <input type="radio" name="theme" checked={theme.value === name} onChange={() => setTheme(name)} />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
