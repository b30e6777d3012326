// Every allocation fails once: the first of a call, then the second, ... until the call gets through; then the same
// with all allocations after it failing too. Each time the call must say out of memory, leave its results alone, and
// be usable again. C++ only because operator new can be replaced here.
#include <pmtune.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>

namespace {

bool armed = false;
bool lasting = false;  // not only one allocation fails, but all that follow
long left = 0;         // allocations that still succeed
int failures = 0;

bool refuse() {
  if (!armed) return false;
  if (left > 0) return --left, false;
  if (!lasting) armed = false;
  return true;
}

void* allocate(std::size_t size) {
  if (refuse()) throw std::bad_alloc();
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}

constexpr const char* example =
    "{\"messages\": [{\"role\": \"user\", \"content\": \"Name a metric that we could follow.\"}, "
    "{\"role\": \"assistant\", \"content\": \"Activation rate in the first week, by channel.\"}]}\n"
    "{\"messages\": [{\"role\": \"user\", \"content\": \"When do we ship the new export?\"}, "
    "{\"role\": \"assistant\", \"content\": \"On Tuesday, after the review of the billing work.\"}]}\n";

// call returns its status and says through `made` whether it made something.
void fail_every_allocation(const char* name, const std::function<pmt_status(bool& made, pmt_error** err)>& call) {
  for (const bool all : {false, true}) {
    for (long n = 0;; ++n) {
      bool made = false;
      pmt_error* error = nullptr;
      lasting = all;
      left = n;
      armed = true;
      const pmt_status status = call(made, &error);
      armed = false;
      if (status == PMT_OK) break;
      const bool told =
          status == PMT_E_OUT_OF_MEMORY && pmt_error_code(error) == status && pmt_error_message(error)[0] != '\0';
      if (!told || made || n > 100000) {
        ++failures;
        std::fprintf(stderr, "%s, allocation %ld%s: status %d \"%s\"%s\n", name, n, all ? " and later" : "",
                     static_cast<int>(status), pmt_error_message(error), made ? ", but it made something" : "");
        pmt_error_free(error);
        break;
      }
      pmt_error_free(error);
    }
  }
}

template <class Object, class Free>
bool consume(Object* object, Free free) {
  free(object);
  return object != nullptr;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

int main() {
  pmt_dataset* data = nullptr;
  if (pmt_dataset_parse(pmt_text(example), nullptr, nullptr, &data, nullptr) != PMT_OK) return 2;
  fail_every_allocation("pmt_dataset_split", [&](bool& made, pmt_error** err) {
    pmt_dataset *training = nullptr, *validation = nullptr;
    const pmt_status status = pmt_dataset_split(data, 0.5, 0, &training, &validation, err);
    made = training != nullptr || validation != nullptr;
    pmt_dataset_free(training);
    pmt_dataset_free(validation);
    return status;
  });
  fail_every_allocation("pmt_train_config_preset", [](bool& made, pmt_error** err) {
    pmt_train_config config;
    config.struct_size = 12345;
    const pmt_status status = pmt_train_config_preset(&config, sizeof config, "documents", err);
    made = config.struct_size != 12345;
    return status;
  });
  fail_every_allocation("pmt_evaluator_create", [](bool& made, pmt_error** err) {
    pmt_evaluator* out = nullptr;
    const pmt_status status = pmt_evaluator_create(nullptr, nullptr, &out, err);
    made = consume(out, pmt_evaluator_free);
    return status;
  });
  fail_every_allocation("pmt_dataset_filter", [&](bool& made, pmt_error** err) {
    pmt_dataset* out = nullptr;
    const pmt_status status = pmt_dataset_filter(data, "metric", &out, err);
    made = consume(out, pmt_dataset_free);
    return status;
  });
  fail_every_allocation("pmt_dataset_sample", [&](bool& made, pmt_error** err) {
    pmt_dataset* out = nullptr;
    const pmt_status status = pmt_dataset_sample(data, 1, 0, &out, err);
    made = consume(out, pmt_dataset_free);
    return status;
  });
  pmt_dataset_free(data);
  return failures > 0;
}
