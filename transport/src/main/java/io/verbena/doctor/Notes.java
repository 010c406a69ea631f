package io.verbena.doctor;

import java.util.ArrayList;
import java.util.List;

/** What a check writes down while it looks, and what comes of it. */
final class Notes {
  private static final int MOST = 24;

  private final String check;
  private final String title;
  private final List<Evidence> evidence = new ArrayList<>();

  Notes(String check, String title) {
    this.check = check;
    this.title = title;
  }

  Notes saw(String source, Object value) {
    if (evidence.size() < MOST) {
      evidence.add(new Evidence(source, String.valueOf(value)));
    }
    return this;
  }

  /** Reads a file and writes down what it says, or why it says nothing. */
  String read(HostFiles files, String path) {
    HostFiles.Content content = files.read(path);
    saw(path, content.shown());
    return content.text().strip();
  }

  Finding ok(String message) {
    return finding(Severity.OK, message, "");
  }

  Finding notApplicable(String message) {
    return finding(Severity.NA, message, "");
  }

  Finding warn(String message, String cure) {
    return finding(Severity.WARN, message, cure);
  }

  Finding fail(String message, String cure) {
    return finding(Severity.FAIL, message, cure);
  }

  Finding finding(Severity severity, String message, String cure) {
    boolean isBad = severity == Severity.WARN || severity == Severity.FAIL;
    return new Finding(check, title, severity, message, evidence, isBad ? cure : "");
  }
}
