package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SlabTableTest {
  private final MemoryDomain domain = new MemoryDomain(null);

  @AfterEach
  void close() {
    domain.close();
  }

  private List<Slab> slabs(int count) throws IOException {
    List<Slab> slabs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      slabs.add(new Slab(domain.allocate((1 + i % 7) * (long) Slab.UNIT)));
    }
    return slabs;
  }

  private static Slab search(List<Slab> slabs, long address, long length) {
    return slabs.stream()
        .filter(each -> each.address <= address)
        .filter(each -> address + length <= each.address + each.length())
        .findFirst()
        .orElse(null);
  }

  @Test
  void shouldFindNothingInAnEmptyTable() {
    assertNull(SlabTable.EMPTY.find(0, 0));
    assertNull(SlabTable.EMPTY.find(1L << 40, 1));
    assertNull(SlabTable.EMPTY.find(-1, 1));
  }

  @Test
  void shouldFindWhatASearchFinds() throws IOException {
    for (int count : new int[] {1, 2, 3, 100, 1000}) {
      List<Slab> slabs = slabs(count);
      var table = new SlabTable(slabs);
      for (Slab slab : slabs) {
        long end = slab.address + slab.length();
        for (long address : new long[] {slab.address - 1, slab.address, end - 64, end - 1, end}) {
          for (long length : new long[] {0, 1, 64, slab.length(), slab.length() + 1L}) {
            // Length 0 just behind a slab may be that slab's or the next one's: both are right.
            if (length > 0) {
              assertSame(search(slabs, address, length), table.find(address, length));
            }
          }
        }
      }
      assertNull(table.find(0, 1));
      assertNull(table.find(-1, 1));
      assertNull(table.find(Long.MIN_VALUE, 1));
    }
  }
}
