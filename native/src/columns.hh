// Transposes records of one layout into typed arrays, one a field.
#pragma once
#include <napi.h>

#include <cstdint>
#include <vector>

// What a field is in the record, and so what its column is in JavaScript.
enum class FieldType : int32_t {
  kU8 = 1,     // Uint8Array
  kU16 = 2,    // Uint16Array
  kU32 = 3,    // Uint32Array
  kS32 = 4,    // Int32Array
  kU64 = 5,    // Float64Array: exact below 2^53
};

struct Column {
  uint32_t offset;  // of the field in the record
  FieldType type;
  uint32_t count;  // elements of the field; more than one for an array
  void* data;
};

// fields: Int32Array of (offset, type, count) a column; columns: the typed arrays, each with room for
// capacity * count elements. Throws TypeError or RangeError when they do not fit together or a field would reach
// past recordSize. The pointers are good until control returns to JavaScript.
std::vector<Column> readColumns(Napi::Env env, const Napi::Value& fields, const Napi::Value& columns, size_t capacity, size_t recordSize);

// Copies record number `row` of a batch into every column.
void storeRow(const std::vector<Column>& columns, size_t row, const uint8_t* record);
