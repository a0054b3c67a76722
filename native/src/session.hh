// One loaded BPF object and everything that hangs on it: maps, mappings, rings, links.
#pragma once
#include <bpf/libbpf.h>
#include <napi.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "ring.hh"

class Session : public Napi::ObjectWrap<Session> {
 public:
  static Napi::Function define(Napi::Env env);

  // (object: Uint8Array, options): opens, configures and loads. Throws with nothing left behind.
  explicit Session(const Napi::CallbackInfo& info);
  ~Session() override;

 private:
  struct Mapping {
    uint8_t* data;
    size_t length;
    size_t stride;
    uint32_t rows;
  };

  Napi::Value attach(const Napi::CallbackInfo& info);
  Napi::Value detach(const Napi::CallbackInfo& info);
  Napi::Value pin(const Napi::CallbackInfo& info);
  Napi::Value adopt(const Napi::CallbackInfo& info);
  Napi::Value stage(const Napi::CallbackInfo& info);
  Napi::Value unread(const Napi::CallbackInfo& info);
  Napi::Value drain(const Napi::CallbackInfo& info);
  Napi::Value records(const Napi::CallbackInfo& info);
  Napi::Value changed(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value update(const Napi::CallbackInfo& info);
  Napi::Value testRun(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  void configure(Napi::Env env, const Napi::Object& options);
  void setConstant(Napi::Env env, const std::string& name, const Napi::TypedArray& value);
  void release();

  // Each throws an Error with a code when the session is closed or the name unknown.
  void requireOpen(Napi::Env env) const;
  struct bpf_program* program(const Napi::CallbackInfo& info) const;
  struct bpf_map* map(const Napi::CallbackInfo& info) const;
  Ring& ring(const Napi::CallbackInfo& info);
  const Mapping& mapping(const Napi::CallbackInfo& info);

  struct bpf_object* object_ = nullptr;
  std::map<std::string, struct bpf_link*> links_;
  // Programs of an earlier session that our links run, by the name of ours.
  std::map<std::string, int> adopted_;
  std::map<std::string, std::unique_ptr<Ring>> rings_;
  std::map<std::string, Mapping> mappings_;
};
