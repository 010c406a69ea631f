package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaDevice;
import io.verbena.RdmaTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Counterparts of pyverbs' {@code PDTest}. */
@RdmaTest
class PyverbsPdTest {
  @Test
  void alloc() throws IOException {
    try (Context context = RdmaDevice.find().open();
        ProtectionDomain domain = context.createDomain()) {
      assertTrue(domain.isOpen());
      assertSame(context, domain.context());
    }
  }

  @Test
  void dealloc() throws IOException {
    try (Context context = RdmaDevice.find().open()) {
      ProtectionDomain domain = context.createDomain();
      domain.close();
      assertFalse(domain.isOpen());
      assertThrows(IllegalStateException.class, () -> domain.allocate(1));
      assertTrue(context.isOpen());
    }
  }

  @Test
  void destroyTwice() throws IOException {
    try (Context context = RdmaDevice.find().open()) {
      ProtectionDomain domain = context.createDomain();
      domain.close();
      domain.close();
      assertFalse(domain.isOpen());
    }
  }

  @Test
  void multiple() throws IOException {
    try (Context context = RdmaDevice.find().open()) {
      List<ProtectionDomain> domains = new ArrayList<>();
      Set<Long> addresses = new HashSet<>();
      for (int i = 0; i < 10; i++) {
        ProtectionDomain domain = context.createDomain();
        domains.add(domain);
        addresses.add(domain.handle.address());
      }
      assertEquals(10, addresses.size());
      for (ProtectionDomain domain : domains) {
        domain.allocate(4096).close();
      }
      domains.get(3).close();
      domains.get(4).allocate(4096).close();
    }
  }
}
