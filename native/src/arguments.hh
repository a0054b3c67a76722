// What JavaScript hands over, checked.
#pragma once
#include <napi.h>

#include <cstdint>
#include <string>


inline Napi::Error codedError(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

inline std::string name(const Napi::CallbackInfo& info) {
  if (info.Length() == 0 || !info[0].IsString()) throw Napi::TypeError::New(info.Env(), "the first argument must be a name");
  return info[0].As<Napi::String>().Utf8Value();
}

inline Napi::Uint8Array bytes(Napi::Env env, const Napi::Value& value, const char* what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    throw Napi::TypeError::New(env, std::string(what) + " must be a Uint8Array");
  return value.As<Napi::Uint8Array>();
}

inline bool has(const Napi::Object& options, const char* key) { return !options.Get(key).IsUndefined(); }

inline std::string text(const Napi::CallbackInfo& info, size_t index, const char* what) {
  if (!info[index].IsString()) throw Napi::TypeError::New(info.Env(), std::string(what) + " must be a string");
  return info[index].As<Napi::String>().Utf8Value();
}

// Of a Uint8Array that may be a view into a larger buffer.
inline uint8_t* start(const Napi::TypedArray& array) { return static_cast<uint8_t*>(array.ArrayBuffer().Data()) + array.ByteOffset(); }
