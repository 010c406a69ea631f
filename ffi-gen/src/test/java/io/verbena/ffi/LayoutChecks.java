package io.verbena.ffi;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.UnionLayout;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * What the layouts of a generated package say: size and alignment of each struct and union, offset
 * and size of each member at any depth, and the offset that each accessor uses.
 */
final class LayoutChecks {
  private final List<AbiCheck> checks = new ArrayList<>();

  private LayoutChecks() {}

  static List<AbiCheck> of(GeneratedPackage generated) {
    var walk = new LayoutChecks();
    generated.structs().forEach(walk::struct);
    return walk.checks;
  }

  private void struct(Class<?> struct) {
    GroupLayout layout = layoutOf(struct);
    String type = typeName(struct, layout);
    checks.add(new AbiCheck("size of " + type, "sizeof(" + type + ")", layout.byteSize()));
    checks.add(
        new AbiCheck("alignment of " + type, "_Alignof(" + type + ")", layout.byteAlignment()));
    members(type, "", layout, 0);
    accessors(type, "", struct);
  }

  /** A struct's tag is the name of its layout; jextract makes one up for a typedef without tag. */
  private static String typeName(Class<?> struct, GroupLayout layout) {
    String tag = layout.name().orElseThrow();
    if (tag.startsWith("$anon$")) {
      return struct.getSimpleName();
    }
    return (layout instanceof UnionLayout ? "union " : "struct ") + tag;
  }

  private void members(String type, String path, GroupLayout group, long base) {
    long offset = base;
    for (MemoryLayout member : group.memberLayouts()) {
      if (!(member instanceof PaddingLayout)) {
        member(type, path, member, offset);
      }
      if (!(group instanceof UnionLayout)) {
        offset += member.byteSize();
      }
    }
  }

  private void member(String type, String path, MemoryLayout member, long offset) {
    String name = member.name().orElse("$anon$");
    String memberPath = path;
    if (!name.startsWith("$anon$")) { // C reaches through an anonymous group, as if it were not
      memberPath = path + name;
      String label = type + "." + memberPath;
      checks.add(new AbiCheck("offset of " + label, offsetOf(type, memberPath), offset));
      checks.add(
          new AbiCheck(
              "size of " + label,
              "sizeof(((" + type + " *) 0)->" + memberPath + ")",
              member.byteSize()));
      memberPath += ".";
    }
    if (member instanceof GroupLayout group) {
      members(type, memberPath, group, offset);
    }
  }

  /** The methods {@code member$offset()} of a struct and of the structs that it is made of. */
  private void accessors(String type, String path, Class<?> struct) {
    Arrays.stream(struct.getDeclaredMethods())
        .filter(method -> method.getName().endsWith("$offset"))
        .sorted(Comparator.comparing(Method::getName))
        .forEach(method -> accessor(type, path, method));
    for (Class<?> nested : struct.getDeclaredClasses()) {
      if (GeneratedPackage.describesLayout(nested)) {
        accessors(type, path + nested.getSimpleName() + ".", nested);
      }
    }
  }

  private void accessor(String type, String path, Method method) {
    String member = method.getName().substring(0, method.getName().length() - "$offset".length());
    if (member.endsWith("_")) { // jextract's mark on a name that is a keyword of Java
      member = member.substring(0, member.length() - 1);
    }
    String origin = path.isEmpty() ? "0" : offsetOf(type, path.substring(0, path.length() - 1));
    checks.add(
        new AbiCheck(
            "offset in accessor of " + type + "." + path + member,
            offsetOf(type, path + member) + " - " + origin,
            (long) invoke(method)));
  }

  private static String offsetOf(String type, String path) {
    return "offsetof(" + type + ", " + path + ")";
  }

  private static GroupLayout layoutOf(Class<?> struct) {
    try {
      return (GroupLayout) invoke(struct.getDeclaredMethod("layout"));
    } catch (NoSuchMethodException e) {
      throw new LinkageError(e.toString(), e);
    }
  }

  private static Object invoke(Method method) {
    try {
      return method.invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.toString(), e);
    }
  }
}
