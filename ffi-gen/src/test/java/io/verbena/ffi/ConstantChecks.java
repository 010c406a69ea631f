package io.verbena.ffi;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.attribute.ConstantValueAttribute;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the constants of a generated package say. They are read from the class files: calling their
 * methods would initialise the header class, and that needs the library.
 */
final class ConstantChecks {
  private ConstantChecks() {}

  static List<AbiCheck> of(GeneratedPackage generated) {
    Map<String, Object> values = new TreeMap<>();
    generated
        .classFiles()
        .filter(file -> isHeaderOrHolder(generated, GeneratedPackage.withoutSuffix(file)))
        .forEach(file -> values.putAll(constantsIn(file)));
    List<AbiCheck> checks = new ArrayList<>();
    for (Method method : constantMethods(generated.header())) {
      Object value = values.get(method.getName());
      if (value == null) {
        throw new AssertionError("no value found for constant " + method.getName());
      }
      checks.add(check(method.getName(), value));
    }
    return checks;
  }

  /** Strings are in local classes called Holder. */
  private static boolean isHeaderOrHolder(GeneratedPackage generated, String className) {
    return className.equals(generated.headerClass())
        || className.matches(generated.headerClass() + "\\$\\d+Holder");
  }

  private static AbiCheck check(String name, Object value) {
    String what = "value of " + name;
    return switch (value) {
      case Integer number -> new AbiCheck(what, "(int) (" + name + ")", number);
      case Long number -> new AbiCheck(what, "(long) (" + name + ")", number);
      case String text -> new AbiCheck(what, "strcmp(" + name + ", \"" + text + "\")", 0);
      default -> throw new AssertionError(name + " is a " + value.getClass());
    };
  }

  /** Methods without parameters that are not functions: a function has a descriptor beside it. */
  private static List<Method> constantMethods(Class<?> header) {
    Set<String> names =
        Arrays.stream(header.getDeclaredMethods()).map(Method::getName).collect(Collectors.toSet());
    return Arrays.stream(header.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .filter(method -> method.getParameterCount() == 0)
        .filter(method -> !method.getName().contains("$"))
        .filter(method -> !names.contains(method.getName() + "$descriptor"))
        .toList();
  }

  private static Map<String, Object> constantsIn(Path classFile) {
    ClassModel model = parse(classFile);
    Map<String, Object> values = new TreeMap<>();
    for (var field : model.fields()) {
      field
          .findAttribute(Attributes.constantValue())
          .map(ConstantValueAttribute::constant)
          .ifPresent(value -> values.put(field.fieldName().stringValue(), value.constantValue()));
    }
    model.methods().stream()
        .filter(method -> method.methodName().equalsString("<clinit>"))
        .forEach(method -> putComputed(method, values));
    return values;
  }

  /** A pointer constant is made from the last long or string that was loaded before its field. */
  private static void putComputed(MethodModel initialiser, Map<String, Object> values) {
    Object loaded = null;
    for (CodeElement element : initialiser.code().orElseThrow()) {
      switch (element) {
        case ConstantInstruction load -> loaded = load.constantValue();
        case FieldInstruction store when store.opcode() == Opcode.PUTSTATIC -> {
          if (loaded != null) {
            values.putIfAbsent(store.name().stringValue(), loaded);
          }
          loaded = null;
        }
        default -> {}
      }
    }
  }

  private static ClassModel parse(Path classFile) {
    try {
      return ClassFile.of().parse(classFile);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
