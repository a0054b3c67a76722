// A BPF ring buffer, mapped. One reader; the kernel's read position lives in the map, so a reader that comes later
// goes on where the one before stopped.
#pragma once
#include <cstddef>
#include <cstdint>

class Ring {
 public:
  Ring() = default;
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // size: max_entries of the map, in bytes. Returns 0 or a positive errno, with nothing mapped.
  int map(int fd, size_t size);

  size_t size() const { return size_; }
  // Bytes produced and not yet consumed, headers included.
  size_t unread() const;

  // The next record, nullptr when there is none. The memory belongs to the kernel: read it before consume().
  const uint8_t* peek(uint32_t* length);
  // Goes past the record that peek() returned.
  void advance() { position_ = next_; }
  // Gives the kernel back all that was advanced past.
  void consume();

 private:
  size_t size_ = 0;
  size_t page_ = 0;
  uint8_t* consumer_ = nullptr;
  uint8_t* producer_ = nullptr;
  uint64_t position_ = 0;
  uint64_t next_ = 0;
};
