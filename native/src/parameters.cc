#include "parameters.hh"

#include <bpf/btf.h>

#include <cerrno>
#include <memory>

#include "arguments.hh"
#include "error.hh"

// parameters(functions): of each how many, or undefined when the kernel has no such function
Napi::Value parameters(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsArray()) throw Napi::TypeError::New(env, "functions must be an array of names");
  Napi::Array names = info[0].As<Napi::Array>();
  LogCapture log;
  std::unique_ptr<struct btf, decltype(&btf__free)> kernel(btf__load_vmlinux_btf(), btf__free);
  if (kernel == nullptr) throwKernelError(env, errno, "open", "the types of this kernel cannot be read", log.text());
  Napi::Array counts = Napi::Array::New(env, names.Length());
  for (uint32_t i = 0; i < names.Length(); i++) {
    int function = btf__find_by_name_kind(kernel.get(), names.Get(i).ToString().Utf8Value().c_str(), BTF_KIND_FUNC);
    if (function < 0) {
      counts.Set(i, env.Undefined());
      continue;
    }
    const struct btf_type* prototype = btf__type_by_id(kernel.get(), btf__type_by_id(kernel.get(), function)->type);
    counts.Set(i, Napi::Number::New(env, btf_vlen(prototype)));
  }
  return counts;
}
