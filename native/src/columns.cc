#include "columns.hh"

#include <cstring>
#include <string>

namespace {

struct Kind {
  size_t width;
  napi_typedarray_type array;
};

bool kindOf(FieldType type, Kind* kind) {
  switch (type) {
    case FieldType::kU8: *kind = {1, napi_uint8_array}; return true;
    case FieldType::kU16: *kind = {2, napi_uint16_array}; return true;
    case FieldType::kU32: *kind = {4, napi_uint32_array}; return true;
    case FieldType::kS32: *kind = {4, napi_int32_array}; return true;
    case FieldType::kU64: *kind = {8, napi_float64_array}; return true;
  }
  return false;
}

}  // namespace

std::vector<Column> readColumns(Napi::Env env, const Napi::Value& fields, const Napi::Value& columns, size_t capacity, size_t recordSize) {
  if (!fields.IsTypedArray() || fields.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array)
    throw Napi::TypeError::New(env, "fields must be an Int32Array of (offset, type, count)");
  if (!columns.IsArray()) throw Napi::TypeError::New(env, "columns must be an array of typed arrays");
  Napi::Int32Array spec = fields.As<Napi::Int32Array>();
  Napi::Array arrays = columns.As<Napi::Array>();
  if (spec.ElementLength() != arrays.Length() * 3) throw Napi::RangeError::New(env, "fields must have three numbers a column");

  std::vector<Column> result;
  result.reserve(arrays.Length());
  for (uint32_t i = 0; i < arrays.Length(); i++) {
    Column column{static_cast<uint32_t>(spec[i * 3]), static_cast<FieldType>(spec[i * 3 + 1]), static_cast<uint32_t>(spec[i * 3 + 2]), nullptr};
    Kind kind;
    std::string where = "column " + std::to_string(i);
    if (!kindOf(column.type, &kind)) throw Napi::TypeError::New(env, where + ": unknown field type");
    if (column.offset + kind.width * column.count > recordSize) throw Napi::RangeError::New(env, where + " reaches past the end of the record");
    Napi::Value value = arrays[i];
    napi_typedarray_type type;
    size_t length;
    napi_value buffer;
    size_t start;
    if (!value.IsTypedArray() || napi_get_typedarray_info(env, value, &type, &length, &column.data, &buffer, &start) != napi_ok || type != kind.array)
      throw Napi::TypeError::New(env, where + " is not a typed array of its field's type");
    if (length < capacity * column.count) throw Napi::RangeError::New(env, where + " has no room for " + std::to_string(capacity) + " rows");
    result.push_back(column);
  }
  return result;
}

void storeRow(const std::vector<Column>& columns, size_t row, const uint8_t* record) {
  for (const Column& column : columns) {
    const uint8_t* from = record + column.offset;
    switch (column.type) {
      case FieldType::kU8:
        memcpy(static_cast<uint8_t*>(column.data) + row * column.count, from, column.count);
        break;
      case FieldType::kU16:
        memcpy(static_cast<uint16_t*>(column.data) + row * column.count, from, column.count * 2);
        break;
      case FieldType::kU32:
      case FieldType::kS32:
        memcpy(static_cast<uint32_t*>(column.data) + row * column.count, from, column.count * 4);
        break;
      case FieldType::kU64: {
        double* to = static_cast<double*>(column.data) + row * column.count;
        for (uint32_t i = 0; i < column.count; i++) {
          uint64_t word;
          memcpy(&word, from + i * 8, 8);
          to[i] = static_cast<double>(word);
        }
        break;
      }
    }
  }
}
