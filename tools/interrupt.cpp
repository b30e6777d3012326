#include "interrupt.hpp"

#include <atomic>
#include <pmtune/lora_trainer.hpp>

namespace pmtune::cli {
namespace {

std::atomic<bool> noted{false};
std::atomic<LoraTrainer*> running{nullptr};
static_assert(std::atomic<LoraTrainer*>::is_always_lock_free, "a signal handler must not wait");

void on_interrupt(int) {
  noted = true;
  if (LoraTrainer* training = running) training->cancel();
}

}  // namespace

Interrupt::Interrupt(LoraTrainer* training) {
  noted = false;
  running = training;
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, &before_);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &before_, nullptr);
  running = nullptr;
}

bool Interrupt::seen() { return noted; }

}  // namespace pmtune::cli
