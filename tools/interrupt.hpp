// Ctrl-C that ends the work in an orderly way. The library installs no signal handlers; a command may.
#pragma once

#include <csignal>

namespace pmtune {
class LoraTrainer;
}

namespace pmtune::cli {

// While one lives, the first Ctrl-C is noted and cancels the training, if there is one; the second ends the process.
// One at a time.
class Interrupt {
 public:
  explicit Interrupt(LoraTrainer* training = nullptr);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  static bool seen();

 private:
  struct sigaction before_;
};

}  // namespace pmtune::cli
